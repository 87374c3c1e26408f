namespace Orleans.Kpl.Scaling.Planning;

/// <summary>A reshard that cannot be planned; the text names the values. Nothing was changed.</summary>
internal sealed class ReshardException(ReshardError error, string message) : Exception(message)
{
    public ReshardError Error { get; } = error;
}
