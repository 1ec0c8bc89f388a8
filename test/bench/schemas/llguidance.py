# A process that replays cases under llguidance (guidance-ai/llguidance, MIT), default options; it answers as own-process.mjs does.
import ctypes
import json
import os
import resource
import sys
from time import perf_counter_ns

folder, packages = sys.argv[1:3]
sys.path.insert(0, packages)
from llguidance import LLMatcher, LLTokenizer  # noqa: E402


with open(os.path.join(folder, "vocabulary.json"), encoding="utf8") as file:
    vocabulary = json.load(file)
end_token = vocabulary["endTokens"][0]
with open(os.path.join(folder, "tokenizer.json"), encoding="utf8") as file:
    tokenizer = LLTokenizer(file.read(), n_vocab=len(vocabulary["tokens"]), eos_token=vocabulary["endTokens"])
words = (tokenizer.vocab_size + 31) // 32
mask = (ctypes.c_uint32 * words)()
for token, written in enumerate(vocabulary["tokens"]):
    # 0xff, which no text holds, marks control tokens there.
    if written and written != "ff" and tokenizer.decode_bytes([token]).hex() != written:
        sys.exit(f"llguidance reads token {token} otherwise than this tokenizer.")
address, size = ctypes.addressof(mask), ctypes.sizeof(mask)
with open(os.path.join(folder, "cases.jsonl"), encoding="utf8") as file:
    cases = file.read().split("\n")


def allows(token):
    return mask[token >> 5] >> (token & 31) & 1 == 1


def microseconds_since(start):
    return (perf_counter_ns() - start) // 100 / 10


def peak_mebibytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class MatcherError(Exception):
    pass


def replay(matcher, token_ids, mask_us, accept_us):
    for at, token in enumerate(token_ids):
        before = perf_counter_ns()
        matcher.unsafe_compute_mask_ptr(address, size)
        if at > 0:
            mask_us.append(microseconds_since(before))
        if matcher.is_error():
            raise MatcherError(matcher.get_error())
        if not allows(token):
            return {"at": at}
        between = perf_counter_ns()
        matcher.consume_token(token)
        if at > 0:
            accept_us.append(microseconds_since(between))
    matcher.unsafe_compute_mask_ptr(address, size)
    if matcher.is_error():
        raise MatcherError(matcher.get_error())
    return {} if allows(end_token) else {"at": len(token_ids)}


def run_case(index):
    case = json.loads(cases[index])
    answer = {"maskUs": [], "acceptUs": []}
    schema = json.dumps(case["schema"])
    start = perf_counter_ns()
    try:
        first = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(schema), log_level=0)
        problem = first.get_error() if first.is_error() else None
    except ValueError as error:
        problem = str(error)
    answer["compileUs"] = microseconds_since(start)
    if problem:
        return {**answer, "refusal": {"keyword": "", "path": "", "reason": problem}}
    fresh = first.deep_copy()
    start_mask = perf_counter_ns()
    first.unsafe_compute_mask_ptr(address, size)
    answer["firstMaskUs"] = round(answer["compileUs"] + microseconds_since(start_mask), 1)
    if first.is_error():
        return {**answer, "refusal": {"keyword": "", "path": "", "reason": first.get_error()}}
    try:
        answer["tests"] = [replay(fresh.deep_copy(), ids, answer["maskUs"], answer["acceptUs"]) for ids in case["tests"]]
    except MatcherError as error:
        answer["error"] = str(error)
    return answer


def say(answer):
    print(json.dumps(answer), flush=True)


say({"rssMiB": peak_mebibytes()})
for line in sys.stdin:
    if line.strip() == "memory":
        say({"rssMiB": peak_mebibytes()})
    else:
        say({**run_case(int(line)), "rssMiB": peak_mebibytes()})
