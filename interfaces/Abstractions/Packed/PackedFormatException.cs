namespace Orleans.Kpl.Packed;

/// <summary>Bytes that are no packed message, or one of a format that this version does not know.</summary>
internal sealed class PackedFormatException : FormatException
{
    /// <summary>Makes the exception.</summary>
    public PackedFormatException(string message)
        : base(message)
    {
    }
}
