namespace Orleans.Kpl;

/// <summary>Time limits of calls that wait before they answer.</summary>
internal static class ResponseTimeouts
{
    /// <summary>
    /// The time limit of a call that waits for outcomes: the default <c>RecordTtl</c> of 30 s and 10 s for transport. Orleans'
    /// default of 30 s would end the call and the records at the same instant, and deliveries would look like failures.
    /// </summary>
    public const string ResponseTimeout = "00:00:40";

    /// <summary>How long such a call may wait for memory: what it was accepted for has its outcome in time then.</summary>
    public static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time limit of a short call to a gateway. A client is not notified when a gateway dies, so a call to a dead gateway takes
    /// this long.
    /// </summary>
    public const string ShortResponseTimeout = "00:00:05";
}
