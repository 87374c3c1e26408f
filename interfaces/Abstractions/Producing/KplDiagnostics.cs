using System.Reflection;

namespace Orleans.Kpl;

/// <summary>The names under which producers are observed, for <c>AddMeter</c> of OpenTelemetry and other listeners.</summary>
public static class KplDiagnostics
{
    /// <summary>
    /// The name of the meter of every producer, silo and client: <c>Orleans.Kpl</c>. Its tag <c>role</c> is <c>embedded</c>, <c>silo</c> or
    /// <c>client</c>. A record that goes through the tier counts once in each role, so add up one role only.
    /// </summary>
    public const string MeterName = "Orleans.Kpl";

    /// <summary>
    /// The name under which spans of producers are published: <c>Orleans.Kpl</c>. A put has a span if its caller's current span is recorded, and so has
    /// each call to Kinesis that carries records of such a put. Nothing is written into records.
    /// </summary>
    public const string ActivitySourceName = "Orleans.Kpl";

    /// <summary>The version of the library, as the meter tells it.</summary>
    internal static string Version { get; } =
        typeof(KplDiagnostics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
