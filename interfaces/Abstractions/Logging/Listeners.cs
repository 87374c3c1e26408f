using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Logging;

/// <summary>
/// Calls what runs a program's listeners of metrics and spans. .NET runs them on the thread that measures, and passes on what they throw. Here that is
/// told, and harms nothing that is measured.
/// </summary>
internal static class Listeners
{
    /// <summary>The name for whoever threw where spans begin and end.</summary>
    public const string OfSpans = "A listener of spans";

    /// <summary>Adds to a counter.</summary>
    /// <param name="threw">Told who threw, and what. It must not throw itself.</param>
    public static void TryAdd(this Counter<long> counter, long value, in TagList tags, Action<string, Exception> threw)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception error)
        {
            threw(NameOf(counter), error);
        }
    }

    /// <summary>Records a value.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public static void TryRecord<T>(this Histogram<T> histogram, T value, in TagList tags, Action<string, Exception> threw)
        where T : struct
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception error)
        {
            threw(NameOf(histogram), error);
        }
    }

    /// <summary>Begins a span; null where no listener wants it, or one threw.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public static Activity? TryStart(
        this ActivitySource source, string name, ActivityKind kind, ActivityContext parent, in TagList tags, IEnumerable<ActivityLink>? links,
        Action<string, Exception> threw)
    {
        var current = Activity.Current;
        try
        {
            return source.StartActivity(name, kind, parent, tags, links);
        }
        catch (Exception error)
        {
            // A span may have begun, which nobody would end.
            TryReturnTo(current, threw);
            threw(OfSpans, error);
            return null;
        }
    }

    /// <summary>Ends a span.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public static void TryStop(this Activity span, Action<string, Exception> threw)
    {
        try
        {
            span.Stop();
        }
        catch (Exception error)
        {
            threw(OfSpans, error);
        }
    }

    /// <summary>Makes a span the current one again, or none. It is, whatever a listener of the change throws.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public static void TryReturnTo(Activity? current, Action<string, Exception> threw)
    {
        try
        {
            Activity.Current = current;
        }
        catch (Exception error)
        {
            threw(OfSpans, error);
        }
    }

    private static string NameOf(Instrument instrument) => $"A listener of the metric {instrument.Name}";
}
