using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>How long calls between silos and from clients may take, and how large they may be.</summary>
internal static class Messaging
{
    /// <summary>A record of 10 MiB with its metadata is the largest message; a larger one ends the connection that all calls share.</summary>
    private const int MaxBodyBytes = 32 << 20;

    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <param name="options">The options of the silo's messages.</param>
    /// <param name="longestRecordTtl">The longest time-to-live of a record.</param>
    public static void Configure(SiloMessagingOptions options, TimeSpan longestRecordTtl)
    {
        // A call that waits for its records must outlive them, or the caller times out while they are being delivered.
        options.ResponseTimeout = longestRecordTtl + Margin;
        // Waiting calls are not a sign of trouble: otherwise each would be reported, with a dump, every 5 s from its 20th second on.
        options.RequestProcessingWarningTime = options.ResponseTimeout + Margin;
        options.MaxMessageBodySize = MaxBodyBytes;
    }
}
