using Orleans.Kpl.Quotas;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;

[assembly: TypeManifestProvider(typeof(Orleans.Kpl.Grains.Surrogates.FrameNames))]

namespace Orleans.Kpl.Grains.Surrogates;

[GenerateSerializer, Alias("Orleans.Kpl.RecordsFrameFields")]
internal struct RecordsFrameSurrogate
{
    [Id(0)] public SiloAddress Origin;
    [Id(1)] public string Stream;
    [Id(2)] public long First;
    [Id(3)] public long EndedBefore;
    [Id(4)] public byte[] Records;
    [Id(5)] public long[] Terms;
    [Id(6)] public string? Shard;
    [Id(7)] public long Tenure;
}

[RegisterConverter, RegisterCopier]
internal sealed class RecordsFrameConverter : ShallowCopier<RecordsFrame>, IConverter<RecordsFrame, RecordsFrameSurrogate>
{
    public RecordsFrame ConvertFromSurrogate(in RecordsFrameSurrogate surrogate) =>
        new(surrogate.Origin.ToId(), surrogate.Stream, surrogate.First, surrogate.EndedBefore, surrogate.Records, surrogate.Terms)
        {
            Shard = surrogate.Shard,
            Tenure = surrogate.Tenure,
        };

    public RecordsFrameSurrogate ConvertToSurrogate(in RecordsFrame value) => new()
    {
        Origin = value.Origin.ToAddress(),
        Stream = value.Stream,
        First = value.First,
        EndedBefore = value.EndedBefore,
        Records = value.Records,
        Terms = value.Terms,
        Shard = value.Shard,
        Tenure = value.Tenure,
    };
}

[GenerateSerializer, Alias("Orleans.Kpl.OutcomesFrameFields")]
internal struct OutcomesFrameSurrogate
{
    [Id(0)] public SiloAddress Owner;
    [Id(1)] public string Stream;
    [Id(2)] public byte[] Outcomes;
}

[RegisterConverter, RegisterCopier]
internal sealed class OutcomesFrameConverter : ShallowCopier<OutcomesFrame>, IConverter<OutcomesFrame, OutcomesFrameSurrogate>
{
    public OutcomesFrame ConvertFromSurrogate(in OutcomesFrameSurrogate surrogate) =>
        new(surrogate.Owner.ToId(), surrogate.Stream, surrogate.Outcomes);

    public OutcomesFrameSurrogate ConvertToSurrogate(in OutcomesFrame value) =>
        new() { Owner = value.Owner.ToAddress(), Stream = value.Stream, Outcomes = value.Outcomes };
}

[GenerateSerializer, Alias("Orleans.Kpl.SiloBooksFields")]
internal struct SiloLedgerSurrogate
{
    [Id(0)] public StreamLedger Ledger;
    [Id(1)] public BacklogStatus Backlog;
    [Id(2)] public DateTimeOffset? StartedAt;
    [Id(3)] public bool? HoldsOthers;
}

[RegisterConverter, RegisterCopier]
internal sealed class SiloLedgerConverter : ShallowCopier<SiloLedger>, IConverter<SiloLedger, SiloLedgerSurrogate>
{
    public SiloLedger ConvertFromSurrogate(in SiloLedgerSurrogate surrogate) =>
        new(surrogate.Ledger, surrogate.Backlog ?? new BacklogStatus(), surrogate.HoldsOthers, surrogate.StartedAt);

    public SiloLedgerSurrogate ConvertToSurrogate(in SiloLedger value) =>
        new() { Ledger = value.Ledger, Backlog = value.Backlog, StartedAt = value.StartedAt, HoldsOthers = value.HoldsOthers };
}

/// <summary>The names under which frames travel. Their types know no Orleans, so that the names cannot stand at the types.</summary>
internal sealed class FrameNames : TypeManifestProviderBase
{
    protected override void ConfigureInner(TypeManifestOptions options)
    {
        options.WellKnownTypeAliases.Add("Orleans.Kpl.RecordsFrame", typeof(RecordsFrame));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.OutcomesFrame", typeof(OutcomesFrame));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.SiloBooks", typeof(SiloLedger));
        options.WellKnownTypeAliases.Add("Orleans.Kpl.QuotaReport", typeof(QuotaReport));
    }
}
