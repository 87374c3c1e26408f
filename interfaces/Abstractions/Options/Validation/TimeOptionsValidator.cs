namespace Orleans.Kpl.Validation;

/// <summary>The times of a record fit each other.</summary>
internal static class TimeOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        // KPL clamps the one to the other without a word (utils/time_sensitive.h).
        if (options.RecordMaxBufferedTime > options.RecordTtl)
        {
            yield return OptionsFinding.Warning(
                nameof(options.RecordMaxBufferedTime),
                $"is '{DurationText.Format(options.RecordMaxBufferedTime)}', longer than RecordTtl, which is {DurationText.Format(options.RecordTtl)}: records are sent before that ends");
        }
    }
}
