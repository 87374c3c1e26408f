namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>The stream that a request is for.</summary>
internal static class StreamReference
{
    private const int LongestName = 128;
    private const string Separator = ":stream/";

    /// <summary>Returns the stream's ARN or, where the request has none, its name. Streams of two accounts may have one name, so the ARN counts.</summary>
    /// <exception cref="FrontException">There is neither, or one that no stream has, or they name two streams.</exception>
    public static string Of(string? name, string? arn)
    {
        if (name is null && arn is null)
            throw FrontErrors.InvalidArgument("Either StreamName or StreamARN must be provided.");
        var rules = new ModelRules();
        if (name is not null)
        {
            rules.Pattern("streamName", name, name.All(IsNameCharacter), "[a-zA-Z0-9_.-]+");
            rules.Length("streamName", name, name.Length, 1, LongestName);
        }

        rules.ThrowIfAny();
        if (arn is not null && (NameOf(arn) == arn || !StreamName.IsFit(arn)))
            throw FrontErrors.InvalidArgument("StreamARN is no stream's ARN.");
        if (name is not null && arn is not null && NameOf(arn) != name)
            throw FrontErrors.InvalidArgument($"StreamName {name} and StreamARN {arn} are not of the same stream.");
        return arn ?? name!;
    }

    /// <summary>Returns the name in an ARN; a name is returned as it is.</summary>
    public static string NameOf(string stream)
    {
        var at = stream.IndexOf(Separator, StringComparison.Ordinal);
        return at < 0 ? stream : stream[(at + Separator.Length)..];
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
}
