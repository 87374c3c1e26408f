namespace Orleans.Kpl.Quotas;

/// <summary>The other silos whose clients share quotas with those of this one.</summary>
internal interface IQuotaPeers
{
    /// <summary>Raised when the others have changed.</summary>
    event Action? Changed;

    /// <summary>This silo, as rows name it.</summary>
    string Self { get; }

    /// <summary>The other silos that take part.</summary>
    IReadOnlyList<string> Others { get; }

    /// <summary>Answers the reports of others with this silo's latest one; null while nobody counts here.</summary>
    Func<QuotaReport, QuotaReport?>? Answer { get; set; }

    /// <summary>Tells another silo, and returns its own latest report; null where nobody counts there. May fail with any exception.</summary>
    Task<QuotaReport?> TellAsync(string silo, QuotaReport report, CancellationToken cancellationToken);
}
