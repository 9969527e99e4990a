import assert from "node:assert/strict";
import { planEdit } from "../../../../engine/chat/edits/plan.ts";
import { fenced } from "../../../../engine/prompt/codePrompt.ts";
import { answerFence, fenceAround } from "../../../../engine/text/fences.ts";
import { changed, selected } from "./changedFile.ts";

describe("fences", () => {
  for (const [text, fence] of [
    ["plain", "```"],
    ["a ``b`` c", "```"],
    ["```js\nx\n```", "````"],
    ["  ````\n```", "`````"],
    ["x = '``````'", "```````"],
  ] as const) {
    it(`round ${JSON.stringify(text)} are longer than any inside`, () => assert.equal(fenceAround([text]), fence));
  }

  it("of what is attached are longer than any inside, wherever it stands", () => {
    assert.equal(fenced("markdown", "> ```\n> x\n> ```"), "````markdown\n> ```\n> x\n> ```\n````");
  });

  it("of prose are long from the beginning, because what is written anew may hold some", () => {
    assert.equal(answerFence("markdown", "# Title"), "````");
    assert.equal(answerFence("mdx", "# Title"), "````");
    assert.equal(answerFence("typescript", "a();"), "```");
    assert.equal(answerFence("typescript", "/** ```ts */"), "````");
  });

  it("are the same in the prompt, its opening and its stop", () => {
    const code = selected("typescript", "const doc = `\n```\nx\n```\n`;\n>let a = 1;");
    const { prompt } = planEdit("edit", code, code.selection, "x");
    assert.equal(prompt.opening, "````typescript\n");
    assert.deepEqual(prompt.stop, ["\n````"]);
  });
});

const README = "# Sterna\n\n>Install it:\n>\n>```sh\n>npm install\n>```\n>\n>Then run it.\n\n## More";

describe("an answer that holds fences", () => {
  const whole = (part: string) => `# Sterna\n\n${part}\n\n## More`;
  const answers: [string, string][] = [
    ["in the middle", "Install it:\n\n```sh\nnpm ci\n```\n\nThen run it."],
    ["at the beginning", "```sh\nnpm ci\n```\n\nThen run it."],
    ["at the end", "Install it:\n\n```sh\nnpm ci\n```"],
    ["at both ends", "```sh\nnpm ci\n```\n\nor\n\n```sh\nnpm install\n```"],
    ["that is said to be something of several words", "```{module} npm\n```"],
    ["without a language", "```\nnpm ci\n```\n\nThen run it."],
    ["with tildes round them", "~~~md\n```sh\nnpm ci\n```\n~~~"],
    ["in a list", "- Install it:\n\n  ```sh\n  npm ci\n  ```\n\n- Run it."],
    ["of its own language", "```markdown\n# Title\n```"],
  ];
  for (const [where, answer] of answers) {
    for (const end of ["", "\n````", "\n````\n\nI hope this helps."]) {
      it(`${where}, ended by ${JSON.stringify(end)}`, () =>
        assert.equal(changed("edit", selected("markdown", README, 2), answer + end), whole(answer)));
    }
  }

  it("and is closed by a shorter one than it was opened with", () => {
    const answer = "Install it:\n\n```sh\nnpm ci\n```\n\nThen run it.\n```";
    assert.equal(changed("edit", selected("markdown", README, 2), answer), whole(answer.slice(0, -4)));
  });

  it("of which one was missing in the file", () => {
    const code = selected("markdown", "Run:\n\n>```sh\n>npm start\n\nDone.", 2);
    assert.equal(
      changed("fix", { ...code, selection: { start: 2, end: 4 } }, "Run:\n\n```sh\nnpm start\n```\n\nDone."),
      "Run:\n\n```sh\nnpm start\n```\n\nDone.",
    );
  });

  it("of more than three backticks", () => {
    const code = selected("markdown", "Text\n\n>````md\n>```js\n>a\n>```\n>````", 2);
    const answer = "````md\n```js\nb\n```\n````";
    assert.equal(changed("edit", code, `${answer}\n\`\`\`\`\``), `Text\n\n${answer}`);
  });

  it("in a docstring", () => {
    const code = selected("python", '>def f():\n>    """Old."""\n>    return 1\n\nf()');
    const answer = 'def f():\n    """New.\n\n    ```python\n    f()\n    ```\n    """\n    return 1';
    assert.equal(changed("edit", code, `${answer}\n\`\`\``), `${answer}\n\nf()`);
  });

  it("in comments of Rust and in a template of TypeScript", () => {
    const rust = selected("rust", "/// Old.\n///\n/// ```\n/// f();\n/// ```\n>pub fn f() {}");
    const answer = "/// ```\n/// g();\n/// ```\npub fn g() {}";
    assert.ok(changed("edit", rust, answer).endsWith(answer));
    const script = selected("typescript", ">const help = `\n>```\n>old\n>```\n>`;");
    const text = "const help = `\n```\nnew\n```\n`;";
    assert.equal(changed("edit", script, `${text}\n\`\`\`\``), text);
  });

  it("is not cut short silently where it cannot be told which block is meant", () => {
    const code = selected("typescript", ">let a = 1;");
    const answer = "```ts\nlet a = 2;\n```\nor\n```ts\nlet a = 3;\n```";
    assert.match(changed("edit", code, answer), /^(let a = 2;|refused)/);
  });
});
