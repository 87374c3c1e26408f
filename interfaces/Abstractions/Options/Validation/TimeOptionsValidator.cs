namespace Orleans.Kpl.Validation;

/// <summary>Checks that the times of a record are consistent.</summary>
internal static class TimeOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        // KPL silently clamps the one to the other (utils/time_sensitive.h).
        if (options.RecordMaxBufferedTime > options.RecordTtl)
        {
            yield return OptionsFinding.Warning(
                nameof(options.RecordMaxBufferedTime),
                $"is '{DurationText.Format(options.RecordMaxBufferedTime)}', longer than RecordTtl, which is {DurationText.Format(options.RecordTtl)}: records are sent before that ends");
        }
    }
}
