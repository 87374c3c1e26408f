namespace Orleans.Kpl.Validation;

/// <summary>What can be asked for and is not in this version is refused, not ignored.</summary>
internal static class SupportValidator
{
    private const string NoBacklog = "the durable backlog is not in this version";

    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        if (options.HighWaterMode == HighWaterMode.Spill)
            yield return OptionsFinding.Error(nameof(options.HighWaterMode), nameof(HighWaterMode.Spill), NoBacklog);
        if (options.AckLevel == AckLevel.Persisted)
            yield return OptionsFinding.Error(nameof(options.AckLevel), nameof(AckLevel.Persisted), NoBacklog);
    }
}
