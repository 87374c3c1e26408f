namespace Orleans.Kpl;

/// <summary>How the wait between two attempts grows. Each wait is drawn at random between half of the value and the whole value.</summary>
public enum BackoffKind
{
    /// <summary>Doubles from <c>BackoffInitial</c> to <c>BackoffMax</c>. The default.</summary>
    Exponential = 0,

    /// <summary>Grows by <c>BackoffInitial</c> up to <c>BackoffMax</c>.</summary>
    Linear,

    /// <summary>Stays <c>BackoffInitial</c>.</summary>
    Constant,
}
