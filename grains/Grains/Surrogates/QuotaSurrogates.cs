using Orleans.Kpl.Quotas;
using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Grains.Surrogates;

[GenerateSerializer, Alias("Orleans.Kpl.QuotaReportFields")]
internal struct QuotaReportSurrogate
{
    [Id(0)] public string Origin;
    [Id(1)] public long Number;
    [Id(2)] public string[] Identities;

    /// <summary>Records a second, in the order of the identities.</summary>
    [Id(3)] public double[] Records;

    /// <summary>Bytes a second, in the order of the identities.</summary>
    [Id(4)] public double[] Bytes;
    [Id(5)] public QuotaOverrideFields[] Overrides;
}

/// <summary>The serialized form of a <see cref="QuotaOverride"/>.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.QuotaOverrideFields")]
internal sealed class QuotaOverrideFields
{
    [Id(0)] public required string Identity { get; init; }
    [Id(1)] public int Kind { get; init; }
    [Id(2)] public long Version { get; init; }
    [Id(3)] public string Origin { get; init; } = "";
    [Id(4)] public DateTimeOffset Until { get; init; }
    [Id(5)] public bool IsLifted { get; init; }
    [Id(6)] public string By { get; init; } = "";
    [Id(7)] public string[] Names { get; init; } = [];

    /// <summary>The quotas, in the order of their names.</summary>
    [Id(8)] public long[] Values { get; init; } = [];

    public static QuotaOverrideFields Of(QuotaOverride change)
    {
        var quotas = change.Quotas.OrderBy(static q => q.Key, StringComparer.Ordinal).ToList();
        return new()
        {
            Identity = change.Identity, Kind = (int)change.Kind, Version = change.Version, Origin = change.Origin, Until = change.Until,
            IsLifted = change.IsLifted, By = change.By, Names = [.. quotas.Select(static q => q.Key)], Values = [.. quotas.Select(static q => q.Value)],
        };
    }

    public QuotaOverride ToOverride() => new()
    {
        Identity = Identity, Kind = (QuotaOverrideKind)Kind, Version = Version, Origin = Origin, Until = Until, IsLifted = IsLifted, By = By,
        Quotas = Names.Zip(Values).ToDictionary(static q => q.First, static q => q.Second),
    };
}

[RegisterConverter, RegisterCopier]
internal sealed class QuotaReportConverter : ShallowCopier<QuotaReport>, IConverter<QuotaReport, QuotaReportSurrogate>
{
    public QuotaReport ConvertFromSurrogate(in QuotaReportSurrogate surrogate)
    {
        var (identities, records, bytes) = (surrogate.Identities, surrogate.Records, surrogate.Bytes);
        return new QuotaReport
        {
            Origin = surrogate.Origin,
            Number = surrogate.Number,
            Demands = [.. identities.Select((identity, i) => new QuotaDemand(identity, records[i], bytes[i]))],
            Overrides = [.. surrogate.Overrides.Select(static o => o.ToOverride())],
        };
    }

    public QuotaReportSurrogate ConvertToSurrogate(in QuotaReport value) => new()
    {
        Origin = value.Origin,
        Number = value.Number,
        Identities = [.. value.Demands.Select(static d => d.Identity)],
        Records = [.. value.Demands.Select(static d => d.Records)],
        Bytes = [.. value.Demands.Select(static d => d.Bytes)],
        Overrides = [.. value.Overrides.Select(QuotaOverrideFields.Of)],
    };
}
