// Play `stimulus` into a verilated wrapper and write the trace under the job's nonce, as rtlgen_yosys.py does.
//
// RTLGEN_IN, RTLGEN_OUT: the wrapper's ports; RTLGEN_IN_WIDTH, RTLGEN_OUT_WIDTH: their bits; RTLGEN_STEPS: rows;
// RTLGEN_STEP_TICKS: length of a step in units of the wrapper's time precision.
// The stimulus is played twice, powered up at all zeros and at all ones: what differs is unknown, X.
#include "Vtop.h"
#include "verilated.h"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

template <class T>
void put_bit(T& port, int bit, bool value) {
    const T mask = static_cast<T>(T{1} << bit);
    port = static_cast<T>(value ? port | mask : port & ~mask);
}

template <std::size_t N>
void put_bit(VlWide<N>& port, int bit, bool value) {
    put_bit(port.at(bit / 32), bit % 32, value);
}

template <class T>
bool get_bit(const T& port, int bit) {
    return (port >> bit) & 1;
}

template <std::size_t N>
bool get_bit(const VlWide<N>& port, int bit) {
    return get_bit(port.at(bit / 32), bit % 32);
}

std::string play(const std::string& rows, int power_up) {
    VerilatedContext context;
    context.randReset(power_up);
    context.randSeed(1);
    const auto design = std::make_unique<Vtop>(&context);
    std::string trace;
    for (std::size_t step = 0; step < RTLGEN_STEPS; ++step) {
        const char* row = &rows.at(step * RTLGEN_IN_WIDTH);
        for (int bit = 0; bit < RTLGEN_IN_WIDTH; ++bit) {
            put_bit(design->RTLGEN_IN, RTLGEN_IN_WIDTH - 1 - bit, row[bit] == '1');
        }
        design->eval();
        if (context.gotFinish()) std::exit(1);
        for (int bit = RTLGEN_OUT_WIDTH - 1; bit >= 0; --bit) trace += get_bit(design->RTLGEN_OUT, bit) ? '1' : '0';
        context.timeInc(RTLGEN_STEP_TICKS);
    }
    return trace;
}

int main() {
    std::ifstream stimulus{"stimulus"};
    const std::string rows{std::istreambuf_iterator<char>{stimulus}, {}};
    std::string trace = play(rows, 0);
    const std::string other = play(rows, 1);
    for (std::size_t at = 0; at < trace.size(); ++at) {
        if (trace[at] != other[at]) trace[at] = 'X';
    }
    const std::string nonce = std::getenv("RTLGEN_NONCE");
    std::ofstream{"trace-" + nonce} << nonce << '\n' << trace << '\n' << nonce;
    return 0;
}
