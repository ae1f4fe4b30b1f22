// The language service expects its runtime on the global object before it loads; keep this order.
import '@kusto/language-service/bridge.min';
import '@kusto/monaco-kusto/release/esm/kusto.worker';
