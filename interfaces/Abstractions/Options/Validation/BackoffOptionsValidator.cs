namespace Orleans.Kpl.Validation;

/// <summary>Checks that the waits between attempts are consistent.</summary>
internal static class BackoffOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        if (options.BackoffMax < options.BackoffInitial)
        {
            yield return OptionsFinding.Error(
                nameof(options.BackoffMax),
                DurationText.Format(options.BackoffMax),
                $"it must not be below BackoffInitial, which is {DurationText.Format(options.BackoffInitial)}");
        }
    }
}
