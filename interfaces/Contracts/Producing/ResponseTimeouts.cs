namespace Orleans.Kpl;

/// <summary>Times of calls that wait for something before they answer.</summary>
internal static class ResponseTimeouts
{
    /// <summary>
    /// Of a call that waits for records to end: the default <c>RecordTtl</c> of 30 s and 10 s for the way. Orleans' own 30 s would
    /// end the call in the same instant as the records, and their delivery would be taken for a failure.
    /// </summary>
    public const string ResponseTimeout = "00:00:40";

    /// <summary>
    /// Of a short call to a gateway. A client does not learn that a gateway died, so a call to a dead one sits this out.
    /// </summary>
    public const string ShortResponseTimeout = "00:00:05";

    /// <summary>How long outcomes are waited for at most before an empty answer proves that the gateway lives.</summary>
    public static readonly TimeSpan OutcomesHold = TimeSpan.FromSeconds(2);
}
