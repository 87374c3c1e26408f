namespace Orleans.Kpl.Validation;

/// <summary>Checks that the parts of a tier's stop fit into the whole. An embedded producer has no such whole: its program stops when it likes.</summary>
internal static class StopOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(KplOptions options)
    {
        if (options.DrainTimeout > options.StopTimeout)
        {
            yield return OptionsFinding.Error(
                nameof(options.DrainTimeout),
                $"is '{DurationText.Format(options.DrainTimeout)}', longer than StopTimeout, which is '{DurationText.Format(options.StopTimeout)}': the process would be gone before");
        }
    }
}
