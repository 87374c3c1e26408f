using System.Buffers;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Recognizes text that JSON needs no escapes for.</summary>
internal static class PlainText
{
    /// <summary>Printable ASCII without quote and backslash.</summary>
    public static readonly SearchValues<char> Characters = SearchValues.Create(
        string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))));
}
