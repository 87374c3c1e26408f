namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>What Kinesis accepts as a stream (AWS API reference: StreamName, StreamARN).</summary>
internal static class StreamNames
{
    public static void Check(string stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (IsName(stream) || IsArn(stream))
            return;
        throw new RecordValidationException(
            RecordErrorCodes.InvalidStream,
            $"'{(stream.Length <= 200 ? stream : stream[..200])}' is neither a stream's name (1 to 128 of a-z A-Z 0-9 _ . -) nor a stream's ARN (arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME)");
    }

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= 128 && text.IndexOfAnyExcept(NameCharacters) < 0;

    private static bool IsArn(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[7];
        return text.Length <= 2048
            && text.Split(parts, ':') == 6
            && text[parts[0]] is "arn"
            && text[parts[1]].StartsWith("aws")
            && text[parts[2]] is "kinesis"
            && !text[parts[3]].IsEmpty
            && text[parts[4]].Length == 12
            && text[parts[5]].StartsWith("stream/")
            && IsName(text[parts[5]]["stream/".Length..]);
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
}
