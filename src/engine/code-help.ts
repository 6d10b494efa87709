/** Help with writing a plugin, as the page asks for it. Positions are offsets in the text. Who gives it is a service. */
export interface CodeFault {
  readonly from: number;
  readonly to: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface CodeCompletion {
  readonly label: string;
  /** As CodeMirror names kinds: function, variable, property, method, type, keyword, constant. */
  readonly kind: string;
  readonly detail?: string;
}

export interface CodeCompletions {
  /** Where what is completed begins. */
  readonly from: number;
  readonly items: readonly CodeCompletion[];
}

export interface CodeExplanation {
  readonly from: number;
  readonly to: number;
  /** The type. */
  readonly type: string;
  readonly about: string;
}

export interface CodeHelp {
  /** Types and syntax against the SDK. */
  faults(file: string, text: string): Promise<readonly CodeFault[]>;
  completions(file: string, text: string, at: number): Promise<CodeCompletions | undefined>;
  explain(file: string, text: string, at: number): Promise<CodeExplanation | undefined>;
  /** More about one of the completions. */
  detail(file: string, text: string, at: number, label: string): Promise<string | undefined>;
}
