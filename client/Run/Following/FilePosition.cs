namespace Orleans.Kpl.Run.Following;

/// <summary>How far one file was delivered.</summary>
/// <param name="Path">Its path when it was last seen.</param>
/// <param name="Head">How it is known again.</param>
/// <param name="Offset">The bytes from its start whose lines have all ended.</param>
internal sealed record FilePosition(string Path, FileHead Head, long Offset);
