using Orleans.Kpl.Lanes;
using Orleans.Kpl.Silos;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;

[assembly: TypeManifestProvider(typeof(Orleans.Kpl.Surrogates.LaneNames))]

namespace Orleans.Kpl.Surrogates;

/// <summary>The names under which the messages of lanes travel. Their types know no Orleans, so that the names cannot stand at the types.</summary>
internal sealed class LaneNames : TypeManifestProviderBase
{
    protected override void ConfigureInner(TypeManifestOptions options)
    {
        options.WellKnownTypeAliases.Add("Orleans.Kpl.LaneBatch", typeof(ClientBatch));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.LaneRequest", typeof(ClientRequest));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.LaneReply", typeof(ClientReply));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.LaneOutcomes", typeof(ClientOutcomes));
    }
}

// Records, as their bytes say: those of a record begin with the end of an empty base.

/// <summary>The serialized form of a <see cref="ClientBatch"/>.</summary>
[GenerateSerializer, OmitDefaultMemberValues, Alias("Orleans.Kpl.LaneBatchFields")]
internal record struct ClientBatchSurrogate
{
    [Id(0)] public Guid Session;
    [Id(1)] public long FirstRecord;
    [Id(2)] public PooledBytes Records;
    [Id(3)] public PutOptions? Options;
    [Id(4)] public long EndedBefore;
    [Id(5)] public SiloAddress Silo;
    [Id(6)] public byte[]? Traces;
    [Id(7)] public bool TakesBack;
}

/// <summary>The serialized form of a <see cref="ClientRequest"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.LaneRequestFields")]
internal record struct ClientRequestSurrogate
{
    [Id(0)] public Guid Session;
    [Id(1)] public SiloAddress? Silo;
    [Id(2)] public long AcknowledgedUpTo;
    [Id(3)] public long EndedBefore;
}

/// <summary>The serialized form of a <see cref="ClientReply"/>.</summary>
[GenerateSerializer]
[OmitDefaultMemberValues]
[Alias("Orleans.Kpl.LaneReplyFields")]
internal record struct ClientReplySurrogate
{
    [Id(0)] public int Verdict;
    [Id(1)] public SiloAddress Silo;
    [Id(2)] public string? ErrorCode;
    [Id(3)] public string? ErrorMessage;
    [Id(4)] public int Silos;
    [Id(5)] public int MaxInFlight;
    [Id(6)] public long RangesVersion;
    [Id(7)] public byte[]? Ranges;
    [Id(8)] public SiloAddress[]? AllSilos;
    [Id(9)] public int Elsewhere;
}

/// <summary>The serialized form of <see cref="ClientOutcomes"/>.</summary>
[GenerateSerializer, Alias("Orleans.Kpl.LaneOutcomesFields")]
internal record struct ClientOutcomesSurrogate
{
    [Id(0)] public int Verdict;
    [Id(1)] public SiloAddress Silo;
    [Id(2)] public long FirstMessage;
    [Id(3)] public byte[][] Messages;
    [Id(4)] public int Silos;
}

/// <summary>Gives the messages of lanes their serialized forms, and back.</summary>
[RegisterConverter]
internal sealed class LaneConverter : IConverter<ClientBatch, ClientBatchSurrogate>, IConverter<ClientRequest, ClientRequestSurrogate>,
    IConverter<ClientReply, ClientReplySurrogate>, IConverter<ClientOutcomes, ClientOutcomesSurrogate>
{
    public ClientBatch ConvertFromSurrogate(in ClientBatchSurrogate surrogate) => new()
    {
        Session = surrogate.Session,
        FirstRecord = surrogate.FirstRecord,
        Records = surrogate.Records.Bytes,
        Owner = surrogate.Records.Owner,
        Options = surrogate.Options,
        EndedBefore = surrogate.EndedBefore,
        Silo = surrogate.Silo.ToId(),
        Traces = surrogate.Traces,
        TakesBack = surrogate.TakesBack,
    };

    public ClientBatchSurrogate ConvertToSurrogate(in ClientBatch value) => new()
    {
        Session = value.Session,
        FirstRecord = value.FirstRecord,
        Records = new PooledBytes(value.Records),
        Options = value.Options,
        EndedBefore = value.EndedBefore,
        Silo = value.Silo.ToAddress(),
        Traces = value.Traces,
        TakesBack = value.TakesBack,
    };

    public ClientRequest ConvertFromSurrogate(in ClientRequestSurrogate surrogate) => new()
    {
        Session = surrogate.Session,
        Silo = surrogate.Silo?.ToId(),
        AcknowledgedUpTo = surrogate.AcknowledgedUpTo,
        EndedBefore = surrogate.EndedBefore,
    };

    public ClientRequestSurrogate ConvertToSurrogate(in ClientRequest value) => new()
    {
        Session = value.Session,
        Silo = value.Silo?.ToAddress(),
        AcknowledgedUpTo = value.AcknowledgedUpTo,
        EndedBefore = value.EndedBefore,
    };

    public ClientReply ConvertFromSurrogate(in ClientReplySurrogate surrogate) =>
        new((ClientVerdict)surrogate.Verdict, surrogate.Silo.ToId(), surrogate.Silos, surrogate.ErrorCode, surrogate.ErrorMessage)
        {
            MaxInFlight = surrogate.MaxInFlight,
            RangesVersion = surrogate.RangesVersion,
            Ranges = surrogate.Ranges,
            AllSilos = surrogate.AllSilos is { } silos ? Array.ConvertAll(silos, static s => s.ToId()) : null,
            Elsewhere = surrogate.Elsewhere,
        };

    public ClientReplySurrogate ConvertToSurrogate(in ClientReply value) => new()
    {
        Verdict = (int)value.Verdict,
        Silo = value.Silo.ToAddress(),
        ErrorCode = value.ErrorCode,
        ErrorMessage = value.ErrorMessage,
        Silos = value.Silos,
        MaxInFlight = value.MaxInFlight,
        RangesVersion = value.RangesVersion,
        Ranges = value.Ranges,
        AllSilos = value.AllSilos is { } silos ? Array.ConvertAll(silos, static s => s.ToAddress()) : null,
        Elsewhere = value.Elsewhere,
    };

    public ClientOutcomes ConvertFromSurrogate(in ClientOutcomesSurrogate surrogate) =>
        new((ClientVerdict)surrogate.Verdict, surrogate.Silo.ToId(), surrogate.Silos, surrogate.FirstMessage, surrogate.Messages);

    public ClientOutcomesSurrogate ConvertToSurrogate(in ClientOutcomes value) => new()
    {
        Verdict = (int)value.Verdict,
        Silo = value.Silo.ToAddress(),
        FirstMessage = value.FirstMessage,
        Messages = value.Messages,
        Silos = value.Silos,
    };
}

[RegisterCopier] internal sealed class ClientBatchCopier : ShallowCopier<ClientBatch>;
[RegisterCopier] internal sealed class ClientRequestCopier : ShallowCopier<ClientRequest>;
[RegisterCopier] internal sealed class ClientReplyCopier : ShallowCopier<ClientReply>;
[RegisterCopier] internal sealed class ClientOutcomesCopier : ShallowCopier<ClientOutcomes>;
