namespace Orleans.Kpl.Validation;

/// <summary>A configured stream is a name or an ARN that Kinesis could have.</summary>
internal static class StreamNameValidator
{
    public static IEnumerable<OptionsFinding> Check(string stream)
    {
        if (!StreamName.IsFit(stream))
            yield return OptionsFinding.Error(stream, $"names no stream: allowed is {StreamName.Rule}");
    }
}
