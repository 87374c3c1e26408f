namespace Orleans.Kpl.Surrogates;

/// <summary>The serialized form of a <see cref="StreamLedger"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.StreamLedger")]
internal struct StreamLedgerSurrogate
{
    [Id(0)] public long Accepted;
    [Id(1)] public long Delivered;
    [Id(2)] public long Failed;
    [Id(3)] public long Unknown;
    [Id(4)] public long InFlight;
    [Id(5)] public long InBacklog;
    [Id(6)] public long DeadLettered;
}

[RegisterConverter]
internal sealed class StreamLedgerConverter : IConverter<StreamLedger, StreamLedgerSurrogate>
{
    public StreamLedger ConvertFromSurrogate(in StreamLedgerSurrogate surrogate) => new(
        surrogate.Accepted, surrogate.Delivered, surrogate.Failed, surrogate.Unknown, surrogate.InFlight, surrogate.InBacklog, surrogate.DeadLettered);

    public StreamLedgerSurrogate ConvertToSurrogate(in StreamLedger value) => new()
    {
        Accepted = value.Accepted,
        Delivered = value.Delivered,
        Failed = value.Failed,
        Unknown = value.Unknown,
        InFlight = value.InFlight,
        InBacklog = value.InBacklog,
        DeadLettered = value.DeadLettered,
    };
}
