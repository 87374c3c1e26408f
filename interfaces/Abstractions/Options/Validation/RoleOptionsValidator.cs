namespace Orleans.Kpl.Validation;

/// <summary>Checks that what is said about a role belongs to one: of all streams, or of some.</summary>
internal static class RoleOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(KplOptions options)
    {
        List<StreamOptions> all = [options, .. options.ConfiguredStreams.Select(options.GetStream)];
        if (all.Exists(static o => !string.IsNullOrEmpty(o.RoleArn)))
            yield break;
        if (all.Exists(static o => !string.IsNullOrEmpty(o.RoleExternalId)))
            yield return OptionsFinding.Warning("RoleExternalId", "has no effect without Kpl:RoleArn");
        if (all.Exists(static o => !string.IsNullOrEmpty(o.RoleSessionName)))
            yield return OptionsFinding.Warning("RoleSessionName", "has no effect without Kpl:RoleArn");
    }
}
