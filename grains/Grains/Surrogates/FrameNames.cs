using Orleans.Kpl.Quotas;
using Orleans.Kpl.Silos.Links;
using Orleans.Serialization.Configuration;

[assembly: TypeManifestProvider(typeof(Orleans.Kpl.Grains.Surrogates.FrameNames))]

namespace Orleans.Kpl.Grains.Surrogates;

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
