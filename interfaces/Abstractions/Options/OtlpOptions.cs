namespace Orleans.Kpl;

/// <summary>
/// How silos and the local tier send metrics and spans by OTLP, where OpenTelemetry's variables name an endpoint: section <c>Kpl:Otlp</c>. In other
/// processes this section has no effect: they have OpenTelemetry's own settings.
/// </summary>
public sealed class OtlpOptions
{
    /// <summary>
    /// The prefix of the name of each instrument of this library, with a dot between them: a letter, then letters, digits, <c>_</c> and <c>.</c>; up
    /// to 100 characters. Default null: nothing.
    /// </summary>
    public string? InstrumentPrefix { get; set; }

    /// <summary>
    /// Further sources of spans, such as <c>Microsoft.Orleans.Runtime</c>; a name may end with <c>*</c>. With a source of Orleans, the silo also continues
    /// the traces of incoming grain calls, and passes them on with its own calls. Default none.
    /// </summary>
    public IReadOnlyList<string> Sources { get; set; } = [];

    /// <summary>Whether it is one of Orleans' sources that is named.</summary>
    internal bool NamesOrleans => Sources.Any(static s => s.StartsWith("Microsoft.Orleans", StringComparison.Ordinal));

    /// <summary>Returns an independent copy of these options.</summary>
    public OtlpOptions Clone()
    {
        var copy = (OtlpOptions)MemberwiseClone();
        copy.Sources = Sources.ToArray();
        return copy;
    }
}
