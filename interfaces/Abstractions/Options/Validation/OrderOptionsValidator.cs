namespace Orleans.Kpl.Validation;

/// <summary>
/// Checks the conditions for SequenceNumberForOrdering. AWS guarantees its order only for records of one partition key, so all
/// Kinesis records of a shard must have the same one for as long as the shard exists. Producer numbers need aggregates as well.
/// </summary>
internal static class OrderOptionsValidator
{
    public static IEnumerable<OptionsFinding> Check(StreamOptions options)
    {
        if (options is { ProducerNumbers: true, AggregationEnabled: false })
        {
            yield return OptionsFinding.Error(
                nameof(options.AggregationEnabled), "false", "with ProducerNumbers every Kinesis record is an aggregate, because only an aggregate can carry them");
        }

        if (options is { Ordered: OrderedMode.PutRecords, ContainerKey: ContainerKey.SameKeyOnly })
        {
            yield return OptionsFinding.Error(
                nameof(options.ContainerKey), options.ContainerKey.ToString(),
                "with Ordered it must be A or First, because aggregates of one key each leave in another order than their records came");
        }

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
