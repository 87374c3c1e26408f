using System.Buffers;

namespace Orleans.Kpl;

/// <summary>Checks stream names and ARNs against Kinesis' rules (AWS API reference: StreamName, StreamARN).</summary>
public static class StreamName
{
    /// <summary>The rule for streams' names and ARNs, in words.</summary>
    public const string Rule =
        "a stream's name (1 to 128 of a-z A-Z 0-9 _ . -) or a stream's ARN (arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME)";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    /// <summary>Throws unless the text is a stream's name or ARN.</summary>
    /// <exception cref="RecordValidationException">The text is neither a name nor an ARN.</exception>
    public static void Check(string stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!IsFit(stream))
            throw new RecordValidationException(RecordErrorCodes.InvalidStream, $"'{(stream.Length <= 200 ? stream : stream[..200])}' is not {Rule}");
    }

    /// <summary>Returns whether the text is a stream's name or ARN.</summary>
    public static bool IsFit(string stream) => IsName(stream) || IsArn(stream);

    internal static bool IsName(ReadOnlySpan<char> text) => text.Length is >= 1 and <= 128 && text.IndexOfAnyExcept(NameCharacters) < 0;

    internal static bool IsArn(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[7];
        return text.Length <= 2048
            && text.Split(parts, ':') == 6
            && text[parts[0]] is "arn"
            && text[parts[1]].StartsWith("aws")
            && IsName(text[parts[1]])
            && text[parts[2]] is "kinesis"
            && IsName(text[parts[3]])
            && text[parts[4]].Length == 12
            && !text[parts[4]].ContainsAnyExceptInRange('0', '9')
            && text[parts[5]].StartsWith("stream/")
            && IsName(text[parts[5]]["stream/".Length..]);
    }
}
