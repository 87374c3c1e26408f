namespace Orleans.Kpl.Settings;

/// <summary>One pair of a properties file.</summary>
/// <param name="Line">The line where its key begins, from 1.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; blanks at its end belong to it.</param>
internal readonly record struct JavaProperty(int Line, string Key, string Value);
