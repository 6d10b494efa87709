/** One file in the editor: joins the text that the editor owns with the store, and brings what a check has said to its line. */
import { useEffect, useRef } from 'react';
import { editPlugin, savePlugin } from '../../../store/actions/plugins';
import { lineOf, reportFor } from '../../../store/plugins';
import type { PluginFile } from '../../../store/plugins-slice';
import { services } from '../../../store/services';
import { state, useStudio } from '../../../store/store';
import { openEditor, type CodeEditor } from './code-editor';
import styles from './plugin-editor.module.css';

export function PluginEditor({ file }: { readonly file: PluginFile }) {
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor>(undefined);
  const { id, file: name, source } = file;
  const error = useStudio((s) => reportFor(s.plugins, file)?.error);

  useEffect(() => {
    if (box.current === null) return;
    const opened = openEditor(box.current, {
      file: name,
      text: state().plugins.drafts[id] ?? state().plugins.files.find((f) => f.id === id)?.source ?? '',
      help: services().codeHelp(),
      onChange: (text) => editPlugin(id, text),
      onSave: () => void savePlugin(id),
    });
    editor.current = opened;
    return () => {
      opened.close();
      editor.current = undefined;
    };
  }, [id, name]);

  // a file that was dropped again
  useEffect(() => {
    if (state().plugins.drafts[id] === undefined) editor.current?.setText(source);
  }, [id, source]);

  useEffect(() => {
    const line = lineOf(error);
    editor.current?.setRunFault(error === undefined || line === undefined ? undefined : { line, message: error });
  }, [error, id, name]);

  return <div ref={box} className={styles.box} data-testid="plugin-editor" />;
}
