namespace Orleans.Kpl.Validation;

/// <summary>
/// What SequenceNumberForOrdering needs: AWS promises its order for records of one partition key only, so each Kinesis record of a shard
/// must have the same one for as long as the shard lives.
/// </summary>
internal static class OrderOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        if (options.Ordered != OrderedMode.PutRecord)
            yield break;
        if (!options.AggregationEnabled)
        {
            yield return OptionsFinding.Error(
                nameof(options.AggregationEnabled), "false",
                "with Ordered PutRecord every Kinesis record is an aggregate, because its order holds for one partition key only; PutRecords goes without");
        }

        if (options.ContainerKey != ContainerKey.A)
        {
            yield return OptionsFinding.Error(
                nameof(options.ContainerKey), options.ContainerKey.ToString(),
                "with Ordered PutRecord it must be A, because its order holds for one partition key only; PutRecords takes any");
        }
    }
}
