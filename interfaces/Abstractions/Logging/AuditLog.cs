namespace Orleans.Kpl.Logging;

/// <summary>The lines on who administered what, and to whom credentials were handed out.</summary>
internal static class AuditLog
{
    /// <summary>Their category. A tier's process writes them whatever the levels of others are.</summary>
    public const string Category = "Orleans.Kpl.Audit";
}
