namespace Orleans.Kpl.Validation;

/// <summary>Checks that a configured stream is a valid name or ARN.</summary>
internal static class StreamNameValidator
{
    public static IEnumerable<OptionsFinding> Check(string stream)
    {
        if (!StreamName.IsFit(stream))
            yield return OptionsFinding.Error(stream, $"names no stream: allowed is {StreamName.Rule}");
    }
}
