// Modules that ship without types; imported for what they do when they load.
declare module '@kusto/language-service/bridge.min';
declare module '@kusto/monaco-kusto/release/esm/kusto.worker';
declare module 'monaco-editor/esm/vs/*.js';
