namespace Orleans.Kpl.Pipeline.State;

/// <summary>A small piece of state that several processes share.</summary>
/// <param name="Kind">What it is of, such as <c>epoch:events</c>.</param>
/// <param name="Key">Which of these.</param>
/// <param name="Version">How often it was written: a write says which version it replaces.</param>
/// <param name="Text">What it says.</param>
internal sealed record StateRow(string Kind, string Key, long Version, string Text);
