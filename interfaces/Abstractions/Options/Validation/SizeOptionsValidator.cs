namespace Orleans.Kpl.Validation;

/// <summary>Checks that the sizes of aggregates and calls are consistent.</summary>
internal static class SizeOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        // As in KPL, a Kinesis record that is too large for any call is still sent, alone.
        if (options.AggregationEnabled && options.AggregationMaxSize > options.CollectionMaxSize)
        {
            yield return OptionsFinding.Warning(
                nameof(options.AggregationMaxSize),
                $"is '{options.AggregationMaxSize}', more than CollectionMaxSize, which is {options.CollectionMaxSize}: each larger aggregate takes a call of its own");
        }
    }
}
