namespace Orleans.Kpl.Pipeline.State;

/// <summary>A small piece of state that several processes share.</summary>
/// <param name="Kind">The kind of the state, such as <c>epoch:events</c>.</param>
/// <param name="Key">Identifies the row within its kind.</param>
/// <param name="Version">How often it was written. A write names the version that it replaces.</param>
/// <param name="Text">The content.</param>
internal sealed record StateRow(string Kind, string Key, long Version, string Text);
