"""The tokenizer: byte-level BPE with 12,288 entries and the LLaMA-3 pre-tokenizer, trained on the training text.

    python tokenizer.py          # .data/train.jsonl -> .data/tokenizer.json

A pre-token that is an entry is used unchanged (`ignore_merges`), as engines do with the pre-tokenizer "llama-bpe".
"""
import random

from corpus import Corpus
from data import DATA
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB = 12288
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|fim_suffix|>", "<|fim_prefix|>",
           "<|fim_middle|>", "<|fim_end|>", "<|file|>"] + [f"<|reserved_{n}|>" for n in range(4)]
BOS, EOS, EOT, SUFFIX, PREFIX, MIDDLE, END, FILE = range(8)   # ids: the special tokens come first


def train(texts, path, vocab=VOCAB):
    """Train on an iterable of str and save to `path`."""
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    # max_token_length prevents entries for long indentation or rulers.
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24, show_progress=False))
    tok.save(str(path))
    return load(path)


def load(path=DATA / "tokenizer.json"):
    """A tokenizer whose `encode(text).ids` contains no special token, even if the text spells one."""
    tok = Tokenizer.from_file(str(path))
    tok.encode_special_tokens = True
    return tok


if __name__ == "__main__":
    # For this many merges 30 MB in the shares of the languages suffice, and need little memory.
    corpus = Corpus(DATA / "train.jsonl")
    files = corpus.read(corpus.epoch(0, 30e6))
    random.Random(0).shuffle(files)
    tok = train((f["text"] for f in files), DATA / "tokenizer.json")
    probe = files[-200:]
    tokens = sum(len(tok.encode(f["text"]).ids) for f in probe)
    print(f"{tok.get_vocab_size()} entries, {sum(len(f['text'].encode()) for f in probe) / tokens:.3f} bytes per token")
