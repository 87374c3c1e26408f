namespace Orleans.Kpl.Validation;

/// <summary>The sizes of aggregates and calls fit each other.</summary>
internal static class SizeOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        // As in KPL, a Kinesis record that no call has room for still goes, alone.
        if (options.AggregationEnabled && options.AggregationMaxSize > options.CollectionMaxSize)
        {
            yield return OptionsFinding.Warning(
                nameof(options.AggregationMaxSize),
                $"is '{options.AggregationMaxSize}', more than CollectionMaxSize, which is {options.CollectionMaxSize}: each larger aggregate takes a call of its own");
        }
    }
}
