/**
 * The models that Sterna knows by name. Any other GGUF file or safetensors folder of the same architectures can be used
 * by its path.
 *
 * Sizes and checksums are those that public projects state for the published files (several projects for 2B4T, one for
 * Falcon). For a file without them, the download is checked against what the hub itself states (see CatalogueFile).
 */
import type { CatalogueEntry, CatalogueFile, Licence, SourceForm, WeightCounts } from "./entry.ts";

const MIT: Licence = { name: "MIT", url: "https://opensource.org/license/mit" };
const FALCON: Licence = {
  name: "Falcon LLM License 2.0",
  url: "https://falconllm.tii.ae/falcon-terms-and-conditions.html",
};
const LLAMA3: Licence = { name: "Meta Llama 3 Community License", url: "https://llama.meta.com/llama3/license/" };

const APACHE: Licence = { name: "Apache License 2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" };

const GGUF = "ggml-model-i2_s.gguf";

function gguf(sha256: string, bytes: number): { form: SourceForm; bytes: number; files: CatalogueFile[] } {
  return { form: "gguf", bytes, files: [{ name: GGUF, pin: { sha256, bytes } }] };
}

const SAFETENSORS: CatalogueFile[] = [
  { name: "config.json" },
  { name: "tokenizer.json" },
  { name: "model.safetensors" },
];

function packed(bytes: number): { form: SourceForm; bytes: number; files: CatalogueFile[] } {
  return { form: "packed", bytes, files: SAFETENSORS };
}

/** Weight counts from a model's shape. Each layer has q, output, k, v, gate, up and down matrices. */
function counts(
  layers: number,
  hidden: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  ffn: number,
  vocab: number,
  tied: boolean,
): WeightCounts {
  const body = layers * hidden * (2 * heads * headDim + 2 * kvHeads * headDim + 3 * ffn);
  return { body, vocab, hidden, tied, cachePerToken: 2 * layers * kvHeads * headDim };
}

const BITNET_2B4T = {
  revision: "main",
  licence: MIT,
  weights: counts(30, 2560, 20, 5, 128, 6912, 128256, true),
  contextLength: 4096,
  profile: "chat",
  codeScore: 38,
} as const;

/** Shapes of the Bonsai models: Qwen3 with a scale for each 128 weights, the embedding among them. */
const BONSAI = {
  "1.7B": { weights: counts(28, 2048, 16, 8, 128, 6144, 151_669, true), contextLength: 32_768 },
  "4B": { weights: counts(36, 2560, 32, 8, 128, 9728, 151_669, true), contextLength: 32_768 },
  "8B": { weights: counts(36, 4096, 32, 8, 128, 12_288, 151_669, false), contextLength: 65_536 },
} as const;
/** A weight's share of the 16 bits of the scale of 128 weights. */
const SCALE_BITS = 16 / 128;
/** As the notice in the licence of these models asks. */
const BONSAI_NOTICE = "Created using Bonsai by Prism ML.";

interface BonsaiFile {
  bytes: number;
  sha256?: string;
  revision?: string;
  codeScore: number;
  goodFor: string;
}

/** A Bonsai model, with weights of three values or of two. */
function bonsai(size: keyof typeof BONSAI, values: 3 | 2, file: BonsaiFile): CatalogueEntry {
  const { sha256, bytes, revision = "main", codeScore, goodFor } = file;
  const { weights, contextLength } = BONSAI[size];
  const family = values === 3 ? "Ternary-Bonsai" : "Bonsai";
  const name = `${family}-${size}-${values === 3 ? "PQ2_0" : "Q1_0"}.gguf`;
  return {
    id: `${family}-${size}`.toLowerCase(),
    name: values === 3 ? `${family} ${size}` : `${family} ${size} (1 bit)`,
    repo: `prism-ml/${family}-${size}-gguf`,
    revision,
    licence: APACHE,
    weights: { ...weights, bitsOfAll: (values === 3 ? 2 : 1) + SCALE_BITS },
    contextLength,
    profile: "chat",
    codeScore,
    goodFor: `${goodFor} ${BONSAI_NOTICE}`,
    form: values === 3 ? "grouped" : "binary",
    bytes,
    files: [{ name, ...(sha256 !== undefined && { pin: { sha256, bytes } }) }],
  };
}

const FALCON_E_1B = counts(24, 2048, 16, 2, 128, 9216, 32768, false);
const FALCON_E_3B = counts(32, 2048, 16, 2, 128, 13312, 32768, false);
const FALCON3_1B = counts(18, 2048, 8, 4, 256, 8192, 131072, false);
const FALCON3_3B = counts(22, 3072, 12, 4, 256, 9216, 131072, false);
const FALCON3_7B = counts(28, 3072, 12, 4, 256, 23040, 131072, false);
const FALCON3_10B = counts(40, 3072, 12, 4, 256, 23040, 131072, false);

/** All known models. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    ...BITNET_2B4T,
    id: "bitnet-2b4t",
    name: "BitNet b1.58 2B4T",
    repo: "microsoft/bitnet-b1.58-2B-4T-gguf",
    goodFor: "Completions and chat. The best for its size: trained in ternary from the start, on 4 trillion tokens.",
    ...gguf("4221b252fdd5fd25e15847adfeb5ee88886506ba50b8a34548374492884c2162", 1_187_801_280),
  },
  bonsai("1.7B", 3, {
    sha256: "de68ba48a8dacb21979915991e7741b917869d71410a370df951c0c3a237ae50",
    bytes: 463_290_464,
    revision: "983b5dec2ff16aab79990711ba0f828a499a7e6a",
    codeScore: 51.8,
    goodFor: "Chat and changes on machines with little memory.",
  }),
  bonsai("4B", 3, {
    sha256: "829abec7eb92f5bf464762be7c9e8a45d777c714543a1474fc90cee20e698beb",
    bytes: 1_074_969_344,
    codeScore: 78.7,
    goodFor: "Chat and changes: by its makers' figures twice 2B4T's score on code.",
  }),
  bonsai("8B", 3, {
    sha256: "1376f942aa90e60f7b570c1d81b3916fea1315ff85aa1c4d19006af68fb4b922",
    bytes: 2_182_184_672,
    codeScore: 77.4,
    goodFor: "Chat and changes where there are many cores.",
  }),
  bonsai("1.7B", 2, {
    bytes: 248_000_000,
    codeScore: 45.1,
    goodFor: "The smallest download that answers questions.",
  }),
  bonsai("4B", 2, {
    sha256: "4524b3f997f0f06444e568d1f26e2efd69effa3218c7ad3047432fb171e42168",
    bytes: 572_270_624,
    codeScore: 71.3,
    goodFor: "Chat and changes, half the download of the ternary one and as fast.",
  }),
  bonsai("8B", 2, {
    sha256: "284a335aa3fb2ced3b1b01fcb40b08aa783e3b70832767f0dd2e3fdfa134bd54",
    bytes: 1_158_654_496,
    codeScore: 73.8,
    goodFor: "Chat and changes where there are many cores; half the download of the ternary one.",
  }),
  {
    ...BITNET_2B4T,
    id: "bitnet-2b4t-packed",
    name: "BitNet b1.58 2B4T (packed safetensors)",
    repo: "microsoft/bitnet-b1.58-2B-4T",
    revision: "04c3b9ad9361b824064a1f25ea60a8be9599b127",
    goodFor: "The same model in the form that transformers reads.",
    form: "packed",
    bytes: 1_190_000_000,
    files: SAFETENSORS,
  },
  {
    ...BITNET_2B4T,
    id: "bitnet-2b4t-master",
    name: "BitNet b1.58 2B4T (bf16 master weights)",
    repo: "microsoft/bitnet-b1.58-2B-4T-bf16",
    goodFor: "The same model as it was trained; a far larger download, rounded to ternary here.",
    form: "master",
    bytes: 4_830_000_000,
    files: SAFETENSORS,
  },
  {
    id: "falcon-e-1b-instruct",
    name: "Falcon-E 1B Instruct",
    repo: "tiiuae/Falcon-E-1B-Instruct-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON_E_1B,
    contextLength: 32768,
    profile: "chat",
    goodFor: "Machines with little memory.",
    ...gguf("feb7478007e916d26bb807cb1a01cc45ac16f197e355d8c30aed25e550ecd73b", 666_324_256),
  },
  {
    id: "falcon-e-3b-instruct",
    name: "Falcon-E 3B Instruct",
    repo: "tiiuae/Falcon-E-3B-Instruct-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON_E_3B,
    contextLength: 32768,
    profile: "chat",
    goodFor: "Chat on machines with little memory.",
    ...gguf("acef6896311c5d0713d80e4c7f7bc2ffa1fa183d905e2ca9236545372f434255", 999_908_608),
  },
  {
    id: "falcon-e-1b-base",
    name: "Falcon-E 1B Base",
    repo: "tiiuae/Falcon-E-1B-Base",
    revision: "main",
    licence: FALCON,
    weights: FALCON_E_1B,
    contextLength: 32768,
    profile: "base",
    goodFor: "Completions on machines with little memory.",
    ...packed(666_000_000),
  },
  {
    id: "falcon-e-3b-base",
    name: "Falcon-E 3B Base",
    repo: "tiiuae/Falcon-E-3B-Base",
    revision: "main",
    licence: FALCON,
    weights: FALCON_E_3B,
    contextLength: 32768,
    profile: "base",
    goodFor: "Completions.",
    ...packed(1_000_000_000),
  },
  {
    id: "falcon3-1b-instruct",
    name: "Falcon3 1B Instruct (1.58 bit)",
    repo: "tiiuae/Falcon3-1B-Instruct-1.58bit-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON3_1B,
    contextLength: 8192,
    profile: "chat",
    goodFor: "Fast chat; rounded to ternary after training.",
    ...gguf("0ecef8ad9bcb1b7d3b73bac7b0237daf2faa962b60cbbaf62c86ff51a39444b4", 1_361_904_672),
  },
  {
    id: "falcon3-3b-instruct",
    name: "Falcon3 3B Instruct (1.58 bit)",
    repo: "tiiuae/Falcon3-3B-Instruct-1.58bit-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON3_3B,
    contextLength: 32768,
    profile: "chat",
    goodFor: "Chat; rounded to ternary after training.",
    ...gguf("2ee9723dc1abcc53f231ef1637bdd7c1ec1dbaf132c2c59873100cfb48b41455", 2_221_465_632),
  },
  {
    id: "falcon3-7b-instruct",
    name: "Falcon3 7B Instruct (1.58 bit)",
    repo: "tiiuae/Falcon3-7B-Instruct-1.58bit-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON3_7B,
    contextLength: 32768,
    profile: "chat",
    goodFor: "Better answers where there are many cores.",
    ...gguf("612ab67d4c5fb77d9f810eb521eb4a477dae46df1a85ca501018490e2dac35c6", 3_278_680_768),
  },
  {
    id: "falcon3-10b-instruct",
    name: "Falcon3 10B Instruct (1.58 bit)",
    repo: "tiiuae/Falcon3-10B-Instruct-1.58bit-GGUF",
    revision: "main",
    licence: FALCON,
    weights: FALCON3_10B,
    contextLength: 32768,
    profile: "chat",
    goodFor: "The largest; for machines with many cores and fast memory.",
    ...gguf("e37945ee82693a6541b5fa5484f0e24787c04a9ce95e6e377f68a6b15f139c1f", 3_991_393_696),
  },
  {
    id: "falcon3-7b-base",
    name: "Falcon3 7B Base (1.58 bit)",
    repo: "tiiuae/Falcon3-7B-1.58bit",
    revision: "main",
    licence: FALCON,
    weights: FALCON3_7B,
    contextLength: 32768,
    profile: "base",
    goodFor: "Completions where there are many cores.",
    ...packed(3_270_000_000),
  },
  {
    id: "llama3-8b-158",
    name: "Llama3 8B 1.58 (100B tokens)",
    repo: "HF1BitLLM/Llama3-8B-1.58-100B-tokens",
    revision: "main",
    licence: LLAMA3,
    weights: counts(32, 4096, 32, 8, 128, 14336, 128256, false),
    contextLength: 8192,
    profile: "base",
    goodFor: "Completions with a large model; tuned to ternary on 100 billion tokens.",
    ...packed(3_700_000_000),
  },
  {
    id: "bitnet-large",
    name: "bitnet_b1_58-large (0.7B)",
    repo: "1bitLLM/bitnet_b1_58-large",
    revision: "main",
    licence: MIT,
    weights: counts(24, 1536, 16, 16, 96, 4096, 32002, true),
    contextLength: 2048,
    profile: "base",
    goodFor: "Comparison with the literature; its weights are rounded to ternary here.",
    form: "master",
    bytes: 2_920_000_000,
    files: SAFETENSORS,
  },
  {
    id: "bitnet-3b",
    name: "bitnet_b1_58-3B",
    repo: "1bitLLM/bitnet_b1_58-3B",
    revision: "main",
    licence: MIT,
    weights: counts(26, 3200, 32, 32, 100, 8640, 32002, true),
    contextLength: 2048,
    profile: "base",
    goodFor: "Comparison with the literature; its weights are rounded to ternary here.",
    form: "master",
    bytes: 13_300_000_000,
    files: [
      { name: "config.json" },
      { name: "tokenizer.json" },
      { name: "model.safetensors.index.json" },
      { name: "model-00001-of-00003.safetensors" },
      { name: "model-00002-of-00003.safetensors" },
      { name: "model-00003-of-00003.safetensors" },
    ],
  },
];

export function findEntry(id: string): CatalogueEntry | undefined {
  return CATALOGUE.find((entry) => entry.id === id);
}
