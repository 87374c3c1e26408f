namespace Orleans.Kpl.Validation;

/// <summary>A configured stream is a name or an ARN that Kinesis could have (AWS API reference, StreamName and StreamARN).</summary>
internal static class StreamNameValidator
{
    private const int MaxNameLength = 128;

    public static IEnumerable<OptionsFinding> Check(string stream)
    {
        var isArn = stream.StartsWith("arn:", StringComparison.Ordinal);
        var slash = stream.IndexOf('/', StringComparison.Ordinal);
        var isValid = isArn
            ? slash > 0 && stream[..slash].Split(':') is [_, _, "kinesis", _, _, "stream"] && IsName(stream[(slash + 1)..])
            : IsName(stream);
        if (!isValid)
            yield return OptionsFinding.Error(stream, $"names no stream: allowed is a name (letters, digits, '_', '.', '-', at most {MaxNameLength}) or a stream's ARN");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
