/**
 * Names that every file knows without a declaration or an import: words of the languages that import by name, and what
 * their libraries put into every scope.
 */
const words = (list: string): string[] => list.split(" ");

const JAVASCRIPT_AND_TYPES = words(
  "abstract any async await boolean break case catch class const constructor continue debugger declare default " +
    "delete do else enum export extends false finally for from function get implements import infer instanceof " +
    "interface keyof let module namespace never new null number object of override private protected public " +
    "readonly return satisfies set static string super switch symbol this throw true try type typeof undefined " +
    "unique unknown var void while with yield if in as is console process require exports globalThis global window self " +
    "document navigator location history screen performance crypto localStorage sessionStorage fetch alert " +
    "confirm prompt btoa atob addEventListener removeEventListener dispatchEvent getComputedStyle matchMedia " +
    "postMessage scrollTo requestAnimationFrame cancelAnimationFrame requestIdleCallback reportError Math JSON " +
    "Date Promise Array Object String Number Boolean Symbol BigInt Map Set WeakMap WeakSet WeakRef Function Error " +
    "AggregateError RangeError SyntaxError ReferenceError TypeError URIError EvalError RegExp Proxy Reflect Intl " +
    "Atomics URL URLSearchParams Buffer AbortController AbortSignal EventTarget Response Request Headers FormData " +
    "Blob File FileReader Image Worker WebSocket XMLHttpRequest DOMParser DOMException DOMRect Uint8Array " +
    "Uint16Array Uint32Array Int8Array Int16Array Int32Array Float32Array Float64Array Uint8ClampedArray " +
    "BigInt64Array ArrayBuffer SharedArrayBuffer DataView TextEncoder TextDecoder ReadableStream WritableStream " +
    "TransformStream setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask " +
    "structuredClone isNaN isFinite parseInt parseFloat encodeURI decodeURI encodeURIComponent decodeURIComponent " +
    "Infinity NaN arguments Partial Required Readonly Record Pick Omit Exclude Extract NonNullable Parameters " +
    "ConstructorParameters ReturnType Awaited InstanceType ThisType Iterable Iterator IterableIterator Generator " +
    "AsyncIterable AsyncIterator AsyncGenerator PromiseLike ArrayLike PropertyKey ReadonlyArray ReadonlyMap " +
    "ReadonlySet Element Node NodeList Document Window RequestInit CSS Event React JSX NodeJS WebAssembly Iterator " +
    "Storage Range Selection Notification MessageChannel MessagePort BroadcastChannel ImageData ImageBitmap Path2D " +
    "OffscreenCanvas CanvasRenderingContext2D NodeListOf HTMLCollection EventListener EventSource CryptoKey " +
    "PropertyDescriptor RegExpMatchArray RegExpExecArray TemplateStringsArray RequestInfo ResponseInit HeadersInit " +
    "BodyInit BufferSource SharedWorker ServiceWorker FinalizationRegistry Uppercase Lowercase Capitalize " +
    "Uncapitalize NoInfer innerWidth innerHeight scrollX scrollY devicePixelRatio customElements indexedDB caches " +
    "cancelIdleCallback eval module __dirname __filename asserts accessor using defer Deno Bun",
);
/** What the compilers of components put into every script. */
const COMPONENTS = words(
  "defineProps defineEmits defineExpose defineSlots defineModel defineOptions withDefaults $emit $props $attrs $slots " +
    "$refs $state $derived $effect $bindable $inspect $host",
);
const PYTHON_KEYWORDS = words("and assert def del elif except global lambda nonlocal not pass raise self cls match");
/** All of Python's builtins. */
const PYTHON = words(
  "ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError " +
    "BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError " +
    "ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning " +
    "EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError " +
    "FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError " +
    "IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError None " +
    "NotADirectoryError NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning " +
    "PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning " +
    "StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True " +
    "TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError " +
    "UnicodeWarning UserWarning ValueError Warning ZeroDivisionError abs aiter all anext any ascii bin bool " +
    "breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval " +
    "exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass " +
    "iter len list locals map max memoryview min next object oct open ord pow print property range repr reversed " +
    "round set setattr slice sorted staticmethod str sum super tuple type vars zip",
);
const TESTS = words("describe test expect beforeEach afterEach beforeAll afterAll before after suite jest Cypress");
const KNOWN = new Set([...JAVASCRIPT_AND_TYPES, ...COMPONENTS, ...PYTHON_KEYWORDS, ...PYTHON, ...TESTS]);
/** `__name__`, `__file__`: Python gives every module some of them. */
const PYTHON_MODULE = /^__\w+__$/;
/** Families of names of the browser's library, of which there are hundreds. */
const BROWSER = /^(?:(?:HTML|SVG|MathML)\w*Element|[A-Z]\w*(?:Event|Observer)|CSS[A-Z]\w*)$/;

export function isKnownEverywhere(name: string): boolean {
  return KNOWN.has(name) || PYTHON_MODULE.test(name) || BROWSER.test(name);
}
