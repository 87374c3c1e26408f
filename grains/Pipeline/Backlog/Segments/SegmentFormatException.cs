namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>A segment cannot be read here.</summary>
internal abstract class SegmentFormatException(string message, Exception? inner = null) : FormatException(message, inner);

/// <summary>The bytes are not what was written: cut off, changed, or never a segment.</summary>
internal sealed class SegmentDamagedException(string message, Exception? inner = null) : SegmentFormatException(message, inner);

/// <summary>The segment is whole, but a later version than this one wrote it; that version can read it.</summary>
internal sealed class SegmentVersionException(string message, Exception? inner = null) : SegmentFormatException(message, inner);
