using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod, 24 hours to 365 days.</summary>
internal static class ChangeRetention
{
    private const int LeastHours = 24;
    private const int MostHours = 365 * 24;

    public static void Increase(OperationCall call) => Execute(call, increase: true);

    public static void Decrease(OperationCall call) => Execute(call, increase: false);

    private static void Execute(OperationCall call, bool increase)
    {
        var hours = call.Fields.Int("RetentionPeriodHours");
        var constraints = new Constraints();
        constraints.Required("retentionPeriodHours", hours is not null);
        constraints.ThrowIfAny();
        var stream = call.Stream();
        Reshard.Require(stream);
        if (hours < LeastHours) throw KinesisErrors.InvalidArgument($"Minimum allowed retention period is {LeastHours} hours.");
        if (hours > MostHours) throw KinesisErrors.InvalidArgument($"Maximum allowed retention period is {MostHours} hours.");
        if (increase ? hours < stream.RetentionHours : hours > stream.RetentionHours)
            throw KinesisErrors.InvalidArgument(
                $"Requested retention period ({hours} hours) for stream {stream.Name} can not be {(increase ? "shorter" : "longer")} than " +
                $"existing retention period ({stream.RetentionHours} hours).");
        stream.RetentionHours = hours!.Value;
    }
}
