namespace Orleans.Kpl.Packed;

/// <summary>Thrown for bytes that are not a packed message, or that are in a format unknown to this version.</summary>
internal sealed class PackedFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public PackedFormatException(string message)
        : base(message)
    {
    }
}
