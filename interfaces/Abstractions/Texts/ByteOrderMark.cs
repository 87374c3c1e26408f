namespace Orleans.Kpl.Texts;

/// <summary>The mark that some editors put before a text.</summary>
internal static class ByteOrderMark
{
    /// <summary>Returns the text without the mark.</summary>
    public static ReadOnlyMemory<byte> Skip(ReadOnlyMemory<byte> text) => text.Span.StartsWith("\uFEFF"u8) ? text["\uFEFF"u8.Length..] : text;
}
