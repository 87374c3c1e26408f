using System.Runtime.CompilerServices;
using System.Text;

namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>A text for the trace. Where no history is traced, nothing of it is put together: most calls have one, and few are read.</summary>
[InterpolatedStringHandler]
internal readonly struct TraceText
{
    private readonly StringBuilder? _text;

    public TraceText(int literalLength, int formattedCount, out bool isRead)
    {
        isRead = World.IsAnyTraced;
        _text = isRead ? new StringBuilder(literalLength + 16 * formattedCount) : null;
    }

    private TraceText(string text) => _text = World.IsAnyTraced ? new StringBuilder(text) : null;

    public static implicit operator TraceText(string text) => new(text);

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    public override string ToString() => _text?.ToString() ?? "";
}
