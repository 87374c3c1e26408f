using Orleans.Kpl.Quotas;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Quotas;

/// <summary>How silos tell each other what clients use of quotas, one such service on each.</summary>
[Alias("Orleans.Kpl.IQuotaLink")]
internal interface IQuotaLink : IGrainService
{
    /// <summary>Takes another silo's report, and returns this one's latest; null where nobody counts.</summary>
    [Alias("Exchange"), ResponseTimeout("00:00:02")]
    Task<QuotaReport?> Exchange(QuotaReport report);
}
