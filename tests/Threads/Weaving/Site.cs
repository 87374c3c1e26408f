namespace Orleans.Kpl.Threads.Weaving;

/// <summary>A place in the product where the scheduler may change threads.</summary>
/// <param name="Type">The type, without namespace; of a nested one the outermost.</param>
/// <param name="Method">The method.</param>
/// <param name="Operation">What happens there.</param>
/// <param name="Number">Which one of such operations of the method it is.</param>
internal sealed record Site(string Type, string Method, string Operation, int Number)
{
    public const string Lock = "lock";
    public const string Plain = "plain";

    /// <summary>Whether a read and a write can take its place. The others are one read or one write already.</summary>
    public bool CanBeWeakened => Operation == Lock || Operation is "Add" or "Increment" or "Decrement" or "Exchange" or "CompareExchange";

    public override string ToString() => $"{Type}.{Method} {Operation}{(Number > 1 ? $" {Number}" : "")}";
}
