namespace Orleans.Kpl.Validation;

/// <summary>A configured stream is a name or an ARN that Kinesis could have (AWS API reference, StreamName and StreamARN).</summary>
internal static class StreamNameValidator
{
    private const int MaxNameLength = 128;

    public static IEnumerable<OptionsFinding> Check(string stream)
    {
        if (!IsName(stream) && !IsArn(stream))
            yield return OptionsFinding.Error(stream, $"names no stream: allowed is a name (letters, digits, '_', '.', '-', at most {MaxNameLength}) or a stream's ARN");
    }

    private static bool IsArn(string stream) =>
        stream.Split('/') is [var head, var name]
        && head.Split(':') is ["arn", var partition, "kinesis", { Length: > 0 }, { Length: 12 }, "stream"]
        && partition.StartsWith("aws", StringComparison.Ordinal)
        && IsName(name);

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
